//! Compiles the protobuf messages.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = "../../proto";
    let files = [
        "../../proto/mayday/crash/plcrash.proto",
        "../../proto/mayday/crash/tombstone.proto",
        "../../proto/mayday/journal/v1/raw_report.proto",
        "../../proto/mayday/v1/report.proto",
        "../../proto/opentelemetry/v1/logs.proto",
    ];
    println!("cargo::rerun-if-changed={root}");
    let descriptors = protox::compile(files, [root])?;
    prost_build::Config::new().bytes(["."]).compile_fds(descriptors)?;
    Ok(())
}
