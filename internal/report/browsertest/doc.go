// Package browsertest opens reports in a headless Chromium: no error on its console, charts drawn, usable by
// keyboard, no violation that axe-core finds, in light and dark, on a phone and on a desktop, from disk and live.
//
//	XSAM_CHROMIUM     the browser; else chromium, chromium-browser or google-chrome in PATH
//	XSAM_AXE          axe.min.js of the npm package axe-core
//	XSAM_SCREENSHOTS  a folder for pictures of the pages
//
// Without a browser the tests are skipped; where CI=true is set they fail. The script install in this folder fetches
// both.
package browsertest
