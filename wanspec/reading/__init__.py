"""Reading what people write: YAML with places, templates in a sandbox, tables, and the files of a project."""
