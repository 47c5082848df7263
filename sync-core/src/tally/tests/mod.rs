mod cases;
mod recount;
mod sample;
