create table params (
    experiment text not null,
    key text not null,
    kind text not null,
    value text not null,
    number double precision,
    primary key (experiment, key)
-- postgres
);
-- sqlite
) without rowid;
-- both

create table tags (
    experiment text not null,
    tag text not null,
    primary key (experiment, tag)
-- postgres
);
-- sqlite
) without rowid;
-- both
create index tags_by_tag on tags (tag, experiment);

-- One row per metric of an experiment: its short form, and the number its points are filed under.
-- value, lowest, highest: null is "not a number", which SQLite cannot store.
create table metric_latest (
-- postgres
    series bigint generated always as identity primary key,
-- sqlite
    series integer primary key autoincrement,
-- both
    experiment text not null,
    key text not null,
    step bigint not null,
    at bigint not null,
    value double precision,
    lowest double precision,
    highest double precision,
    points bigint not null,
    unique (experiment, key)
-- postgres
) with (fillfactor = 70);
-- sqlite
);
-- both

-- place counts the points of a series in order of arrival, from 0 without gaps: the one index serves
-- paging and even thinning, and grows at its right end only. No foreign key: rows come by the million.
create table metrics (
    series bigint not null,
    place bigint not null,
    step bigint not null,
    at bigint not null,
    value double precision,
    primary key (series, place)
-- postgres
);
-- sqlite
) without rowid;
-- both

-- previous is the sequence before the last change: what tells a writer's statement which calls are new
create table metric_writers (
    experiment text not null,
    writer text not null,
    sequence bigint not null,
    previous bigint not null,
    primary key (experiment, writer)
-- postgres
) with (fillfactor = 70);
-- sqlite
) without rowid;
-- both

-- object is the key of what was uploaded here, replaced that of the upload before it
create table artifacts (
    experiment text not null,
    path text not null,
    uri text not null,
    size bigint,
    digest text,
    created bigint not null,
    object text,
    replaced text,
    primary key (experiment, path)
-- postgres
);
-- sqlite
) without rowid;
