//! Tests of a draft by itself; what it becomes is tested with the documents (`crate::device`).
