"""A course site that hosts the block as LMS and Studio do, for people and for browser tests, without an Open edX."""
