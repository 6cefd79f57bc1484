//! Talks to other systems and reads their exports
