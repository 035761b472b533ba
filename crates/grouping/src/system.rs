//! What is known of languages' own code, and of what is on every stack.

use mayday_event::{file_name, model::Frame, system_code};

use crate::names::Named;

/// Standard libraries and panic machinery, which are linked into the app's binary.
pub(crate) fn is_runtime(name: &Named, platform: &str) -> bool {
    let Named::Function { function, .. } = name else { return false };
    if !["native", "cocoa", "c", "cpp", "rust"].contains(&platform) {
        return false;
    }
    const NAMESPACES: [&str; 11] = [
        "std::",
        "core::",
        "alloc::",
        "__gnu_cxx::",
        "__cxxabiv1::",
        "rust_begin_unwind",
        "rust_panic",
        "__rust_",
        "Swift.",
        "scudo::",
        "gwp_asan::",
    ];
    const FUNCTIONS: [&str; 20] = [
        "operator new",
        "_assertionFailure",
        "_fatalErrorMessage",
        "fatalError",
        "preconditionFailure",
        "assertionFailure",
        "swift_unexpectedError",
        "gsignal",
        "tgkill",
        "pthread_kill",
        "abort",
        "raise",
        "__cxa_throw",
        "_Unwind_Resume",
        "__assert2",
        "__assert_fail",
        "__kernel_rt_sigreturn",
        "__restore_rt",
        "_sigtramp",
        "__sigtramp",
    ];
    NAMESPACES.iter().any(|known| function.starts_with(known)) || FUNCTIONS.contains(&function.as_str())
}

/// Event loops, thread starts and the throwing of exceptions: on the stack of every crash, whatever its cause.
const TRAMPOLINES: [&str; 64] = [
    "android.app.ActivityThread:main",
    "android.os.Looper:loop",
    "android.os.Looper:loopOnce",
    "android.os.Handler:dispatchMessage",
    "android.os.Handler:handleCallback",
    "android.os.MessageQueue:next",
    "android.app.ActivityThread$H:handleMessage",
    "com.android.internal.os.RuntimeInit$MethodAndArgsCaller:run",
    "com.android.internal.os.ZygoteInit:main",
    "java.lang.reflect.Method:invoke",
    "java.lang.Thread:run",
    "java.util.concurrent.FutureTask:run",
    "java.util.concurrent.ThreadPoolExecutor:runWorker",
    "java.util.concurrent.ThreadPoolExecutor$Worker:run",
    "__exceptionPreprocess",
    "objc_exception_throw",
    "main",
    "start",
    "UIApplicationMain",
    "CFRunLoopRunSpecific",
    "__CFRunLoopRun",
    "__CFRunLoopDoSources0",
    "__CFRunLoopDoSource0",
    "GSEventRunModal",
    "_dispatch_client_callout",
    "_dispatch_call_block_and_release",
    "_dispatch_main_queue_drain",
    "_dispatch_main_queue_callback_4CF",
    "_dispatch_lane_serial_drain",
    "_pthread_start",
    "thread_start",
    "start_wqthread",
    "_pthread_wqthread",
    "__libc_init",
    "__pthread_start",
    "__start_thread",
    // Waiting, whatever for; which of these is on top differs from version to version.
    "java.lang.Object:wait",
    "java.lang.Object:wait0",
    "java.lang.Thread:sleep",
    "java.lang.Thread:parkFor",
    "jdk.internal.misc.Unsafe:park",
    "sun.misc.Unsafe:park",
    "java.util.concurrent.locks.LockSupport:park",
    "java.util.concurrent.locks.LockSupport:parkNanos",
    "__psynch_cvwait",
    "__ulock_wait",
    "semaphore_wait_trap",
    "mach_msg_trap",
    "mach_msg2_trap",
    "syscall",
    // Aborting.
    "abort",
    "raise",
    "gsignal",
    "tgkill",
    "pthread_kill",
    "__pthread_kill",
    "__pthread_kill_implementation",
    "abort_message",
    "demangling_terminate_handler",
    "_objc_terminate",
    "std::terminate",
    "std::__terminate",
    "art_quick_generic_jni_trampoline",
    "art_jni_trampoline",
];

/// Of which every method waits.
const WAITING: &str = "java.util.concurrent.locks.AbstractQueued";

/// By a frame's stable name.
pub(crate) fn is_trampoline(value: &str) -> bool {
    TRAMPOLINES.contains(&value) || value.starts_with(WAITING)
}

/// Crash reporting and analytics, by a module's or function's beginning, or a binary's name.
const TELEMETRY: [&str; 12] = [
    "io.sentry.",
    "com.bugsnag.",
    "com.google.firebase.",
    "com.newrelic.",
    "com.datadog.",
    "com.microsoft.appcenter.",
    "Sentry",
    "sentry",
    "Bugsnag",
    "bugsnag",
    "Firebase",
    "Crashlytics",
];

/// What draws and handles touches, likewise.
const UI: [&str; 9] = [
    "android.view.",
    "android.widget.",
    "androidx.compose.ui.",
    "androidx.compose.foundation.",
    "androidx.recyclerview.",
    "com.google.android.material.",
    "UIKit",
    "SwiftUI",
    "QuartzCore",
];

/// The general kind of a frame that stack-trace rules may ask for: `std`, `threadbase`, `telemetry`, `ui`, `driver`,
/// `system`; empty if none.
pub(crate) fn category(frame: &Frame, name: &Named, platform: &str) -> &'static str {
    let package = frame.package.as_deref().unwrap_or_default();
    let binary = file_name(package);
    let (module, function) =
        (frame.module.as_deref().unwrap_or_default(), frame.function.as_deref().unwrap_or_default());
    let begins = |known: &[&str]| {
        [module, function, binary].iter().any(|text| known.iter().any(|known| text.starts_with(known)))
    };
    let is_driver = ["libGLES", "libEGL", "vulkan.", "AppleMetal", "nvoglv", "AGXMetal"];
    if is_runtime(name, platform) || ["java.", "kotlin.", "System."].iter().any(|std| module.starts_with(std))
    {
        "std"
    } else if is_trampoline(&name.value()) {
        "threadbase"
    } else if begins(&TELEMETRY) {
        "telemetry"
    } else if begins(&UI) {
        "ui"
    } else if is_driver.iter().any(|driver| binary.starts_with(driver)) {
        "driver"
    } else if system_code::is_system(frame) {
        "system"
    } else {
        ""
    }
}
