"""Reports across cases and organisations: one page of figures and tables, which is also a workbook."""
