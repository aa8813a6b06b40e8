"""Pages across cases and organisations: monitoring, points, the journal of notices, uploads."""
