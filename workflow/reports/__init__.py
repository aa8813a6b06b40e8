"""What is asked of an organisation every year, and gathered upwards from many."""
