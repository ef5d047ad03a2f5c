-- Who may do what: users, teams, projects, tokens; what was done; answers kept for calls that come again.
-- Times are Unix milliseconds; ids sort by time of birth, so lists go by id.

create table users (
    id text not null unique,
    name text primary key,
    email text not null,
    display_name text not null,
    admin integer not null,
    disabled integer not null,
    verifier text,
    version bigint not null,
    created bigint not null
);

create table teams (
    id text not null unique,
    name text primary key,
    description text not null,
    created bigint not null
);

create table members (
    id text not null unique,
    team text not null references teams (name) on delete cascade,
    user_name text not null references users (name) on delete cascade,
    role integer not null,
    since bigint not null,
    primary key (team, user_name)
);
create index members_by_user on members (user_name);

create table projects (
    id text primary key,
    team text not null references teams (name),
    name text not null,
    description text not null,
    version bigint not null,
    created bigint not null,
    unique (name, team)
);
create index projects_by_team on projects (team, id);

create table tokens (
    id text primary key,
    user_name text not null references users (name) on delete cascade,
    name text not null,
    kind text not null,
    digest text not null,
    scope integer not null,
    project text references projects (id) on delete cascade,
    created bigint not null,
    expires bigint,
    last_used bigint,
    revoked bigint
);
create index tokens_by_user on tokens (user_name, id);
create index tokens_by_project on tokens (project) where project is not null;

create table audit (
    id text primary key,
    at bigint not null,
    actor text not null,
    action text not null,
    target text not null,
    team text,
    project text,
    request text not null,
    outcome text not null,
    data text not null
);
create index audit_by_team on audit (team, id) where team is not null;

create table kept_answers (
    owner text not null,
    key text not null,
    digest text not null,
    at bigint not null,
    status integer not null,
    body text not null,
    headers text not null,
    primary key (owner, key)
);
create index kept_answers_by_age on kept_answers (at);
