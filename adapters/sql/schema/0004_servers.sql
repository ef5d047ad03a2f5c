-- grows whenever the lease is taken anew, so that who held it before can be told from who holds it now;
-- a lease that was given back keeps its row for that reason, with nobody as its owner
alter table leases add column token bigint not null default 0;

-- the servers that share these records, each as it last reported
create table servers (
    id text primary key,
    url text not null,
    host text not null,
    version text not null,
    clusters text not null,
    started bigint not null,
    seen bigint not null
);

-- what a cluster's name stands for: the first server that used it recorded it
create table cluster_identities (
    cluster text primary key,
    identity text not null,
    recorded bigint not null
);
