"""The holes in the hexagon: one protocol per file and its typed key."""
