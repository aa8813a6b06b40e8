"""Storage of register rows: their event chains, and the lists read from them."""
