-- a cluster has one name, as a name stands for one cluster: of two, the one recorded first stays
delete from cluster_identities where exists (
    select 1 from cluster_identities as earlier
    where earlier.identity = cluster_identities.identity
    and (earlier.recorded, earlier.cluster) < (cluster_identities.recorded, cluster_identities.cluster)
);
create unique index cluster_identities_by_identity on cluster_identities (identity);
