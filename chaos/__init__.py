"""A site under faults: real database, broker, workers and web processes, a seeded plan, and an oracle of its own."""
