// Reads Gemara catalogs and mappings with the project's own Go library, which refuses unknown keys and words.
// Evaluation logs are not read: release 0.8.0 cannot read back the steps that its schema asks for.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gemaraproj/go-gemara"
	"github.com/gemaraproj/go-gemara/fetcher"
	"github.com/gemaraproj/go-gemara/gemaraconv"
	"github.com/goccy/go-yaml"
)

func check(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	kind, err := gemara.DetectType(text)
	if err != nil {
		return err
	}
	// only its reader of JSON is strict
	json, err := yaml.YAMLToJSON(text)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "gemara")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	strict := filepath.Join(folder, "document.json")
	if err := os.WriteFile(strict, json, 0o600); err != nil {
		return err
	}
	ctx, files := context.Background(), &fetcher.File{}
	switch kind {
	case gemara.ControlCatalogArtifact:
		catalog, err := gemara.Load[gemara.ControlCatalog](ctx, files, strict)
		if err != nil {
			return err
		}
		_, err = gemaraconv.CatalogToOSCAL(*catalog)
		return err
	case gemara.MappingDocumentArtifact:
		_, err := gemara.Load[gemara.MappingDocument](ctx, files, strict)
		return err
	}
	return fmt.Errorf("no document of ours: %v", kind)
}

func main() {
	for _, path := range os.Args[1:] {
		if err := check(path); err != nil {
			fmt.Printf("%s: %v\n", path, err)
			os.Exit(1)
		}
		fmt.Printf("%s: read by go-gemara\n", path)
	}
}
