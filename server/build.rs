//! A release build carries the phone's app, so it is compiled anew when the app was built anew. (A folder
//! that is not there counts as changed each time.) Other builds read the app when they start.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=../phone/app/dist");
    }
}
