//! What goes wrong in the demo's apps: a table, the common ones first.

/// Which SDK reports it, and so what the report looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sdk {
    Android,
    Native,
    Cocoa,
    ReactNative,
    Flutter,
}

impl Sdk {
    pub(super) fn platform(self) -> &'static str {
        match self {
            Self::Android => "java",
            Self::Native => "native",
            Self::Cocoa => "cocoa",
            Self::ReactNative => "javascript",
            Self::Flutter => "dart",
        }
    }

    pub(super) fn name_and_version(self) -> (&'static str, &'static str) {
        match self {
            Self::Android => ("sentry.java.android", "8.12.0"),
            Self::Native => ("sentry.native.android", "0.8.4"),
            Self::Cocoa => ("sentry.cocoa", "8.49.0"),
            Self::ReactNative => ("sentry.javascript.react-native", "6.14.0"),
            Self::Flutter => ("sentry.dart.flutter", "9.0.0"),
        }
    }

    pub(super) fn package(self) -> &'static str {
        match self {
            Self::Android | Self::Native => "com.example.parcel",
            Self::Cocoa => "com.example.Parcel",
            Self::ReactNative => "com.example.parcel.courier",
            Self::Flutter => "com.example.parcel.depot",
        }
    }

    pub(super) fn mechanism(self) -> &'static str {
        match self {
            Self::Android => "UncaughtExceptionHandler",
            Self::Native => "signalhandler",
            Self::Cocoa => "NSException",
            Self::ReactNative => "onerror",
            Self::Flutter => "PlatformDispatcher.onError",
        }
    }
}

/// One way in which an app fails.
#[derive(Debug)]
pub(super) struct Crash {
    /// How often, against the others.
    pub(super) weight: u32,
    pub(super) sdk: Sdk,
    pub(super) screen: &'static str,
    pub(super) error_type: &'static str,
    /// `{n}` stands for a number that differs each time.
    pub(super) error_value: &'static str,
    pub(super) error_module: Option<&'static str>,
    pub(super) cause: Option<(&'static str, &'static str)>,
    pub(super) handled: bool,
    /// Index of the release that brought it.
    pub(super) since_release: usize,
    /// Only phones of this maker have it.
    pub(super) only_brand: Option<&'static str>,
    /// The outermost call first.
    pub(super) frames: &'static [Frame],
}

/// A frame; `source` is what stands before, at and after the line.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) module: &'static str,
    pub(super) function: &'static str,
    pub(super) filename: &'static str,
    pub(super) lineno: u32,
    pub(super) in_app: bool,
    pub(super) source: Option<(&'static str, &'static str, &'static str)>,
}

const fn system(module: &'static str, function: &'static str, filename: &'static str, lineno: u32) -> Frame {
    Frame { module, function, filename, lineno, in_app: false, source: None }
}

const fn app(module: &'static str, function: &'static str, filename: &'static str, lineno: u32) -> Frame {
    Frame { module, function, filename, lineno, in_app: true, source: None }
}

impl Frame {
    const fn with_source(self, before: &'static str, line: &'static str, after: &'static str) -> Self {
        Self { source: Some((before, line, after)), ..self }
    }
}

/// What most of the table has in common.
const USUAL: Crash = Crash {
    weight: 1,
    sdk: Sdk::Android,
    screen: "Home",
    error_type: "",
    error_value: "",
    error_module: None,
    cause: None,
    handled: false,
    since_release: 0,
    only_brand: None,
    frames: &[],
};

const LOOPER: Frame = system("android.os.Looper", "loop", "Looper.java", 288);
const ACTIVITY_THREAD: Frame = system("android.app.ActivityThread", "main", "ActivityThread.java", 7918);
const HANDLER: Frame = system("android.os.Handler", "dispatchMessage", "Handler.java", 106);
const UI_MAIN: Frame = system("UIKitCore", "UIApplicationMain", "UIApplication.m", 0);
const RUN_LOOP: Frame = system("CoreFoundation", "CFRunLoopRunSpecific", "CFRunLoop.c", 0);

/// All of them.
pub(super) const CRASHES: &[Crash] = &[
    Crash {
        weight: 420,
        screen: "Checkout",
        error_type: "IllegalStateException",
        error_module: Some("java.lang"),
        error_value: "Payment sheet is gone: order {n} has no attached view",
        since_release: 2,
        frames: &[
            ACTIVITY_THREAD,
            LOOPER,
            HANDLER,
            system("kotlinx.coroutines.DispatchedTask", "run", "DispatchedTask.kt", 108),
            app("com.example.parcel.checkout.CheckoutViewModel$pay$1", "invokeSuspend", "CheckoutViewModel.kt", 87),
            app("com.example.parcel.checkout.PaymentSheet", "confirm", "PaymentSheet.kt", 141).with_source(
                "    fun confirm(order: Order) {\n        val view = attached\n",
                "            ?: error(\"Payment sheet is gone: order ${order.id} has no attached view\")",
                "        view.showProgress(order.total)\n        gateway.charge(order)\n    }",
            ),
        ],
        ..USUAL
    },
    Crash {
        weight: 260,
        sdk: Sdk::Cocoa,
        screen: "Tracking",
        error_type: "EXC_BAD_ACCESS",
        error_value: "KERN_INVALID_ADDRESS at 0x{n}8",
        since_release: 1,
        frames: &[
            UI_MAIN,
            RUN_LOOP,
            system("UIKitCore", "-[UITableView _updateVisibleCellsNow:]", "UITableView.m", 0),
            app("Parcel", "TrackingViewController.tableView(_:cellForRowAt:)", "TrackingViewController.swift", 64),
            app("Parcel", "RouteRenderer.polyline(for:)", "RouteRenderer.swift", 212).with_source(
                "    func polyline(for leg: Leg) -> Polyline {\n        let points = cache.unownedPoints(leg.id)",
                "        return Polyline(points.map { $0.coordinate })",
                "    }\n",
            ),
        ],
        ..USUAL
    },
    Crash {
        weight: 170,
        sdk: Sdk::ReactNative,
        screen: "CourierMap",
        error_type: "TypeError",
        error_value: "undefined is not an object (evaluating 'stop.location.lat')",
        frames: &[
            system("", "callImmediates", "node_modules/react-native/Libraries/Core/Timers/JSTimers.js", 281),
            system("", "dispatchEvent", "node_modules/react-native/Libraries/Renderer/ReactFabric-prod.js", 1190),
            app("src/screens/CourierMap", "renderStops", "src/screens/CourierMap.tsx", 118),
            app("src/geo/distance", "distanceTo", "src/geo/distance.ts", 23).with_source(
                "export function distanceTo(here: Point, stop: Stop): number {\n  const rad = Math.PI / 180;",
                "  const dLat = (stop.location.lat - here.lat) * rad;",
                "  const dLon = (stop.location.lon - here.lon) * rad;\n",
            ),
        ],
        ..USUAL
    },
    Crash {
        weight: 130,
        screen: "Sync",
        error_type: "SQLiteDiskIOException",
        error_module: Some("android.database.sqlite"),
        error_value: "disk I/O error (code 778 SQLITE_IOERR_WRITE), while compiling: INSERT INTO parcel",
        only_brand: Some("samsung"),
        frames: &[
            system("java.lang.Thread", "run", "Thread.java", 1012),
            system("androidx.work.impl.WorkerWrapper", "runWorker", "WorkerWrapper.java", 309),
            app("com.example.parcel.sync.SyncWorker", "doWork", "SyncWorker.kt", 55),
            app("com.example.parcel.db.ParcelDao_Impl", "insertAll", "ParcelDao_Impl.java", 203),
            system("android.database.sqlite.SQLiteConnection", "nativePrepareStatement", "SQLiteConnection.java", 0),
        ],
        ..USUAL
    },
    Crash {
        weight: 110,
        sdk: Sdk::Native,
        screen: "Scanner",
        error_type: "SIGSEGV",
        error_value: "Segfault: invalid memory reference",
        since_release: 1,
        frames: &[
            system("libc.so", "__pthread_start(void*)", "pthread_create.cpp", 364),
            system("libc++_shared.so", "std::__thread_proxy<…>", "thread", 0),
            app("libscanner.so", "scanner::Pipeline::run()", "pipeline.cpp", 91),
            app("libscanner.so", "scanner::decode(scanner::Frame const&)", "decoder.cpp", 233),
            app("libscanner.so", "scanner::BitMatrix::get(int, int) const", "bit_matrix.h", 38),
        ],
        ..USUAL
    },
    Crash {
        weight: 90,
        screen: "Home",
        error_type: "ApplicationNotResponding",
        error_value: "Background ANR: main thread blocked for {n} ms",
        frames: &[
            ACTIVITY_THREAD,
            LOOPER,
            app("com.example.parcel.ParcelApp", "onTrimMemory", "ParcelApp.kt", 71),
            app("com.example.parcel.image.ThumbnailCache", "flush", "ThumbnailCache.kt", 49),
            system("java.io.FileOutputStream", "writeBytes", "FileOutputStream.java", 0),
        ],
        ..USUAL
    },
    Crash {
        weight: 80,
        screen: "Checkout",
        error_type: "CheckoutFailedException",
        error_module: Some("com.example.parcel.checkout"),
        error_value: "Could not place order {n}",
        cause: Some(("SocketTimeoutException", "failed to connect to api.example.com/203.0.113.7 (port 443) after {n}ms")),
        handled: true,
        frames: &[
            system("kotlinx.coroutines.DispatchedTask", "run", "DispatchedTask.kt", 108),
            app("com.example.parcel.checkout.OrderRepository$place$2", "invokeSuspend", "OrderRepository.kt", 62),
            app("com.example.parcel.net.ApiClient", "execute", "ApiClient.kt", 118),
            system("okhttp3.internal.connection.RealCall", "execute", "RealCall.kt", 154),
        ],
        ..USUAL
    },
    Crash {
        weight: 60,
        sdk: Sdk::Cocoa,
        screen: "Settings",
        error_type: "NSInvalidArgumentException",
        error_value: "-[__NSCFString count]: unrecognized selector sent to instance 0x60000{n}",
        since_release: 3,
        frames: &[
            UI_MAIN,
            RUN_LOOP,
            app("Parcel", "SettingsViewController.viewDidLoad()", "SettingsViewController.swift", 31),
            app("Parcel", "FeatureFlags.decode(_:)", "FeatureFlags.swift", 17),
            system("CoreFoundation", "___forwarding___", "NSForwarding.m", 0),
            system("libobjc.A.dylib", "objc_exception_throw", "objc-exception.mm", 0),
        ],
        ..USUAL
    },
    Crash {
        weight: 50,
        sdk: Sdk::Flutter,
        screen: "DepotList",
        error_type: "RangeError",
        error_value: "Invalid value: Not in inclusive range 0..11: {n}",
        frames: &[
            system("package:flutter/src/widgets/framework.dart", "StatefulElement.build", "framework.dart", 5592),
            app("package:depot/screens/depot_list.dart", "DepotList.build", "depot_list.dart", 77),
            app("package:depot/models/shift.dart", "Shift.slotAt", "shift.dart", 40),
            system("dart:core", "List.[]", "growable_array.dart", 264),
        ],
        ..USUAL
    },
    Crash {
        weight: 38,
        screen: "Gallery",
        error_type: "OutOfMemoryError",
        error_module: Some("java.lang"),
        error_value: "Failed to allocate a {n} byte allocation with 4194304 free bytes and 3MB until OOM",
        frames: &[
            system("java.util.concurrent.ThreadPoolExecutor", "runWorker", "ThreadPoolExecutor.java", 1145),
            app("com.example.parcel.image.PhotoLoader", "load", "PhotoLoader.kt", 29),
            app("com.example.parcel.image.Downsampler", "decode", "Downsampler.kt", 88),
            system("android.graphics.BitmapFactory", "nativeDecodeStream", "BitmapFactory.java", 0),
        ],
        ..USUAL
    },
    Crash {
        weight: 22,
        sdk: Sdk::ReactNative,
        screen: "Login",
        error_type: "Error",
        error_value: "Network request failed for https://auth.example.com/session/{n}",
        handled: true,
        frames: &[
            system("", "anonymous", "node_modules/whatwg-fetch/dist/fetch.umd.js", 535),
            app("src/api/session", "refresh", "src/api/session.ts", 51),
            app("src/screens/Login", "onSubmit", "src/screens/Login.tsx", 64),
        ],
        ..USUAL
    },
    Crash {
        weight: 12,
        screen: "Notifications",
        error_type: "SecurityException",
        error_module: Some("java.lang"),
        error_value: "com.example.parcel: One of RECEIVER_EXPORTED or RECEIVER_NOT_EXPORTED should be specified",
        since_release: 4,
        frames: &[
            ACTIVITY_THREAD,
            app("com.example.parcel.push.PushReceiver", "register", "PushReceiver.kt", 22),
            system("android.app.ContextImpl", "registerReceiverInternal", "ContextImpl.java", 1954),
        ],
        ..USUAL
    },
    Crash {
        weight: 5,
        sdk: Sdk::Cocoa,
        screen: "Widget",
        error_type: "Fatal error",
        error_value: "Index out of range",
        since_release: 4,
        frames: &[
            UI_MAIN,
            app("ParcelWidget", "Provider.timeline(for:in:)", "Provider.swift", 48),
            app("ParcelWidget", "NextStops.first(_:)", "NextStops.swift", 12),
            system("libswiftCore.dylib", "_assertionFailure(_:_:file:line:flags:)", "Assert.swift", 0),
        ],
        ..USUAL
    },
];
