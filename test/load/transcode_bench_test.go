//go:build bench

package load

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestBenchTranscode runs the benchmark of package transcode: the processor time of 20 ms of one direction through the pipeline
// (reorder, decode, encode), and of the bare codec libraries doing the same work in turns with it.
func TestBenchTranscode(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "test", "-run", "^$", "-bench", "^BenchmarkPair$", "-benchtime", "40x",
		"-count", strconv.Itoa(setting("BENCH_ROUNDS", 3)), "causeway/transcode").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	line := regexp.MustCompile(`(?m)^BenchmarkPair/(\S+?)-\d+\s.*?([\d.]+) bare-us/pkt.*?([\d.]+) pipeline-us/pkt`)
	pipe, bare, order := map[string][]float64{}, map[string][]float64{}, []string{}
	for _, m := range line.FindAllStringSubmatch(string(out), -1) {
		if pipe[m[1]] == nil {
			order = append(order, m[1])
		}
		for list, text := range map[*map[string][]float64]string{&bare: m[2], &pipe: m[3]} {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			(*list)[m[1]] = append((*list)[m[1]], v)
		}
	}
	if len(order) == 0 {
		t.Fatalf("no figures in\n%s", out)
	}
	fmt.Println("| from-to, 20 ms | us CPU in the pipeline (lowest to highest) | bare libraries | overhead % |\n|---|---|---|---|")
	var results []any
	for _, name := range order {
		mid, low, high := median(pipe[name])
		base, _, _ := median(bare[name])
		overhead := "-"
		if base >= 10 { // below, a percentage says nothing
			overhead = fmt.Sprintf("%.0f", 100*(mid/base-1))
		}
		fmt.Printf("| %s | %.1f (%.1f to %.1f) | %.1f | %s |\n", name, mid, low, high, base, overhead)
		results = append(results, strings.ReplaceAll(name, "-", "_"), mid)
	}
	report(t, "transcode", results...)
}
