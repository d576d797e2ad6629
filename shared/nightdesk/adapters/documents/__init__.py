"""Documents: PDF, XLSX, images."""
