//! What clients send, as bytes in and values out. There is no second parser anywhere.
