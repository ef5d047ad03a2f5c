-- What few experiments have is looked up by its value, not walked to. A text may be longer than an index takes.
create index params_by_key on params (key, number, substr(value, 1, 64), experiment);
-- by key alone: an index on values, which change with each call, would cost every call as much again
create index metric_latest_by_key on metric_latest (key, experiment);
