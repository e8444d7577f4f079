"""The design system: base templates, components, maps, and the page that shows them all. Names no domain."""
