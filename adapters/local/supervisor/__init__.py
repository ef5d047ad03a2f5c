"""The small processes that run replicas; standard library only, so that they start in milliseconds."""
