"""Health pages for monitoring: liveness, readiness, metrics."""
