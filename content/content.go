// Package content holds what azward ships as data: controls, detections,
// frameworks, who is responsible for what, the demo tenant. It only embeds the files; package
// internal/content reads and checks them.
package content

import "embed"

// Files holds everything below this folder, by paths like
// "controls/storage/storage-public-blob-access.yaml".
//
//go:embed controls controls.index.json demo detections frameworks responsibility schemas tables
var Files embed.FS
