"""Sections of the report page: each module turns results into HTML through its template."""
