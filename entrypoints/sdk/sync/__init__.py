"""The blocking client, made from ``aio`` by `mirror`; edit it there."""
