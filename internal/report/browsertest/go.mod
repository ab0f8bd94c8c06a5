module github.com/xsam-go/xsam/internal/report/browsertest

go 1.26.5

require (
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
	github.com/xsam-go/xsam v0.0.0
)

require (
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	gonum.org/v1/gonum v0.16.0 // indirect
)

replace github.com/xsam-go/xsam => ../../../
