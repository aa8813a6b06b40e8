"""The registers inside a case: risks with measures and requests, exposed positions, remarks; as values."""
