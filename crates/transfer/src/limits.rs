//! Ceilings a peer meets.

/// Ceilings a peer cannot cross, and what this side tells it about them.
///
/// A sender keeps to the limits of its receiver, which come with the receiver's hello; each side holds the other to its
/// own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most entries in an offer, directories among them. Default 1,000,000.
    pub entries_max: u32,
    /// Most bytes that an offer's manifest may take on the wire. Default 256 MiB.
    pub manifest_bytes_max: u32,
    /// Most components in a path. Default 64.
    pub depth_max: u16,
    /// Longest component of a path, in bytes. Default 255, which is what most file systems take.
    pub component_bytes_max: u16,
    /// Longest path, in bytes. Default 4,096, the `PATH_MAX` of Linux.
    pub path_bytes_max: u16,
    /// Longest text message, in bytes. Default 64 KiB.
    pub text_bytes_max: u32,
    /// Largest file, in bytes. Default 16 TiB: a digest of 32 bytes is kept for each MiB, which is 512 MiB for this.
    pub file_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries_max: 1_000_000,
            manifest_bytes_max: 256 << 20,
            depth_max: 64,
            component_bytes_max: 255,
            path_bytes_max: 4096,
            text_bytes_max: 64 << 10,
            file_bytes_max: 16 << 40,
        }
    }
}
