create table jobs (
    id text primary key,
    kind text not null,
    workload text not null,
    project text not null references projects (id),
    name text not null,
    state text not null,
    reason text not null,
    message text not null,
    changed bigint not null,
    attempt integer not null,
    version bigint not null,
    writer text not null default '',
    priority integer not null,
    queue text,
    cluster text,
    created bigint not null,
    started bigint,
    ended bigint,
    due bigint not null,
    cpu bigint not null,
    memory bigint not null,
    extra text not null,
    exit_code integer,
    spec text not null,
    placement text,
    replicas text not null,
    native text not null,
    grace double precision,
    created_by text not null,
    demand text not null
);
-- what waits, what is on a cluster, what a name means: each index holds live jobs only, and stays small
create index jobs_accepted on jobs (priority desc, id) where state = 'accepted';
create index jobs_queued on jobs (demand, priority desc, id) where state = 'queued';
create index jobs_placed on jobs (cluster, id)
    where state in ('placing', 'submitted', 'running', 'suspended', 'cancelling');
create unique index jobs_live_name on jobs (project, kind, name) where ended is null;
create index jobs_by_project on jobs (project, id);
create index jobs_by_state on jobs (state, id);
create index jobs_by_name on jobs (name, id);

create table attempts (
    job text not null,
    number integer not null,
    cluster text not null,
    state text not null,
    reason text not null,
    exit_code integer,
    created bigint not null,
    ended bigint,
    collected integer not null,
    replicas text not null,
    primary key (job, number)
);
create index attempts_uncollected on attempts (cluster, ended) where collected = 0 and ended is not null;

create table experiments (
    id text primary key,
    project text not null,
    name text not null,
    description text not null,
    framework text not null,
    rerun_of text,
    version bigint not null default 1,
    created_by text not null,
    created bigint not null
);

-- postgres
create table events (
    seq bigint generated always as identity primary key,
    xid bigint not null default (pg_current_xact_id()::text::bigint),
    at bigint not null,
    project text not null,
    job text not null,
    type text not null,
    data text not null
);
-- sqlite
create table events (
    seq integer primary key autoincrement,
    xid bigint not null default 0,
    at bigint not null,
    project text not null,
    job text not null,
    type text not null,
    data text not null
);
-- both
create index events_in_order on events (xid, seq);
create index events_of_job on events (job, xid, seq);

create table drained_clusters (
    name text primary key
);

create table orphans (
    cluster text not null,
    handle text not null,
    first_seen bigint not null,
    reason text not null,
    primary key (cluster, handle)
);

create table leases (
    name text primary key,
    owner text not null,
    expires bigint not null
);

-- what a request with an Idempotency-Key made, written in the transaction that made it
create table effects (
    key text primary key,
    fingerprint text not null,
    made text not null,
    at bigint not null
);
create index effects_by_age on effects (at);
