"""The parts of the block (`zoom_xblock.block`), one for each kind of person, and the fields they share."""
