package misuse_test

import (
	"sync"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/built"
	"github.com/rollcall-sync/rollcall/internal/played"
)

func TestMain(m *testing.M) { built.Main(m) }

// ordinary is whose the runs are.
var ordinary = sync.OnceValues(played.Ordinary)
