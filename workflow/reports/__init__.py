"""Reports that organisations owe every year, and their consolidation over many organisations."""
