"""Quotas and fairness over real replicas."""
