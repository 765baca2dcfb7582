CREATE TABLE plugin_collet_sdk_probe_6d12b0fcb1.probes (place text NOT NULL, n integer NOT NULL);
