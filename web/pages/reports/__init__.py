"""Pages across cases and organisations: monitoring, points, the register of notices, uploads."""
