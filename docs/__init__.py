"""What people read. The pages that follow from the code are written by `python -m docs`."""
