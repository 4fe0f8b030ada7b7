"""What only several processes and real databases can show."""
