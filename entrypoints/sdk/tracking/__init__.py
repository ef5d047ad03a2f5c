"""What a job calls to report on itself: standard library only, never in the way of the training.

A point takes this way: `api` → `tracker` (queue in memory, at most 0.5 s) → `spool` (a line on disk) →
`sender` (HTTP) → the line is removed. So what a killed process had not sent is on disk, where the
server collects it after the end, and what was sent twice is recognised by its writer and sequence.
"""
