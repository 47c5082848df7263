//! The console without a network: a desk where somebody asks and reads the answer.
