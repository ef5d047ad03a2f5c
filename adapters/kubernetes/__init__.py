"""Kubernetes: workloads as Jobs, StatefulSets and what operators add to them.

``runtime`` is thin. A submit goes ``plan`` → ``forms`` → ``pods`` → ``api``; what happens then comes back
by ``watching`` into ``cache``, ``observing`` reads it, and ``steward`` acts on it: it ends what must end
and writes verdicts down.
"""
