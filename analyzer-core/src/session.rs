//! The whole engine behind one door.
