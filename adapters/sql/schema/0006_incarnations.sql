-- sqlite
-- Whose events came next: a process that opens this file, or a copy of it that was restored, takes a number of
-- its own with its first event, after the event with the number `after`.
create table incarnations (
    number integer primary key,
    token text not null unique,
    after bigint not null
);
