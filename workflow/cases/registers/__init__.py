"""The registers of a case as values: risks with measures and requests, exposed positions, remarks."""
