"""The parity harness: reads the inventory, runs the cases apart from each other, computes outcomes, renders reports."""
