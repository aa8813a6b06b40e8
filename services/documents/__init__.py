"""Documents a house writes: forms filled from what it knows, the register, packages, the coverage."""
