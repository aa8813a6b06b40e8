"""The registers of a case as values: risks with measures, exposed positions, remarks, assignments."""
