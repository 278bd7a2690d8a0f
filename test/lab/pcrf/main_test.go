package pcrf_test

import (
	"os"
	"testing"

	"causeway/test/lab/leaktest"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }
