package flags

import (
	"os"

	"github.com/spf13/pflag"
)

// DataDirVariable is the environment variable that names the folder with data sets.
const DataDirVariable = "XSAM_DATA"

// AddDataDir adds the flag for the folder with the data sets.
func AddDataDir(set *pflag.FlagSet, dir *string) {
	set.StringVar(dir, "data-dir", os.Getenv(DataDirVariable), "`folder` with the files of the data sets")
	set.Lookup("data-dir").DefValue = "$" + DataDirVariable
}
