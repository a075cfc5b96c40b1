# Filled by the bundle.
