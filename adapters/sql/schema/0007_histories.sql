-- postgres
-- Whose events came next: each life of a PostgreSQL takes a token with its first event. `after` is the last
-- transaction that had appended any in the lives before, `deleted` the last one whose events were deleted since.
create table incarnations (
    number bigint primary key,
    token text not null,
    postmaster timestamptz not null unique,
    after bigint not null,
    deleted bigint not null default 0
);

-- A dump of another PostgreSQL may have brought numbers of transactions along that this one has yet to reach.
create function last_appended() returns bigint language sql stable as $$
    with next as (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as xid)
    select greatest(
        (select max(xid) from events where xid < (select xid from next)),
        (select max(after) from incarnations where after < (select xid from next)),
        (select max(deleted) from incarnations where deleted < (select xid from next)),
        0
    )
$$;

-- No transaction outlives its PostgreSQL, so whoever comes first in a life sees all that was before; who comes
-- second waits for the first.
create function incarnate() returns trigger language plpgsql as $$
begin
    if not exists (select from incarnations where postmaster = pg_postmaster_start_time()) then
        insert into incarnations (number, token, postmaster, after)
        select coalesce(max(number), 0) + 1, left(replace(gen_random_uuid()::text, '-', ''), 16),
            pg_postmaster_start_time(), last_appended()
        from incarnations
        on conflict do nothing;
    end if;
    return null;
end
$$;
create trigger incarnate before insert on events for each statement execute function incarnate();
